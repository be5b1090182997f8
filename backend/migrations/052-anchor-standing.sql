-- An anchor of this log says nothing of its entries until it was compared with our own tree, by size and root: whoever holds
-- the anchor key may anchor anything that begins with what was anchored before.
--
-- NULL: not compared yet · ours: our tree has this root at this size · foreign: it has not, or has no such size ·
-- abandoned: ours, but a later epoch began below it
ALTER TABLE chain_anchor ADD COLUMN standing text CHECK (standing IN ('ours', 'foreign', 'abandoned'));
CREATE INDEX chain_anchor_foreign ON chain_anchor (epoch, block_number, log_index) WHERE standing = 'foreign';
CREATE INDEX chain_anchor_unjudged ON chain_anchor (block_number, log_index) WHERE standing IS NULL;
